"""Documents that are generated from what is deployed, so that they cannot say anything else."""
