"""Other platforms' exports: whose a record is, what lies around it, and the units that it is given in."""
