"""Documents to Version, and answering from a Version."""
