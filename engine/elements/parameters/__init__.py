"""The settings of those kinds of elements whose behaviour fills a file of its own."""
