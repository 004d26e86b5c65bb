"""The uses a forecast is put to: forecasting correctness, routing questions, predicting benchmarks."""
