"""How severe a call seems: the estimate and the rules beside it, with no framework and no network."""
