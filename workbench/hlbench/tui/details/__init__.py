"""What is to be said about the selection, as lines: verdict and path of an order, facts of the rest."""
