"""A lake in object storage: its objects, the copies of them kept here, and the lease of its writer."""
