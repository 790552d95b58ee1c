"""Which exports there are: files, folders, archives, objects in a store."""
