"""The life of a model: registered, tried in the shadow, approved, watched, trained anew, rolled back."""
