"""StarCluster's own plugins: those that make sense here, and names for the others."""
