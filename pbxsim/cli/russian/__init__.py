"""Russian texts of `pbx`: the catalogue, in parts that can be read in one sitting."""
