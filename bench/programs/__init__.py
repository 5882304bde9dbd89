"""Programs that benches run as Pulumi projects of their own."""
