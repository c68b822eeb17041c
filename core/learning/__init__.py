"""What data scientists use: data checks, training, evaluation; TensorFlow is only ever imported in a child process."""
