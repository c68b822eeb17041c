"""How long it takes until somebody is there: turnout and travel as a median and as what nine in ten keep."""
