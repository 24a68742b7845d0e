"""What hook modules find by the name that slurm-gcp gave it: `from slurm_gcp_plugins import utils`. The modules
themselves lie in folders of the user; each is imported as slurm_gcp_plugins.NAME, in a process of its own."""
