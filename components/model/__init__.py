"""Pure values that say what runs where; nothing here knows Pulumi, files or the network."""
