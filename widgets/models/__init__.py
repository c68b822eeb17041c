"""The page of the models: which there are, how they do, and the decisions about them."""
