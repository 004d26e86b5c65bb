"""What the known models' outcomes say of one more, from the few questions it was asked; arrays in, values out."""
