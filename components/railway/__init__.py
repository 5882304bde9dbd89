"""Railway's GraphQL API: a client, and what is done to each kind of thing there. Knows nothing of Pulumi."""
