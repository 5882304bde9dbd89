"""Keys of other companies' services, put into the Vault server by hand: the program never sees a value."""
