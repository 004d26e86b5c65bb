"""From a comparison's forecasts and outcomes to the small tables that its figures are drawn from."""
