"""The only modules that create Pulumi resources."""
