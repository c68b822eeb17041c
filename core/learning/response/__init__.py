"""Training and evaluation of the response-time model; TensorFlow is imported in a child process only."""
