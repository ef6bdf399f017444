"""What a document may say of a kind of element whose behaviour fills a file of its own."""
