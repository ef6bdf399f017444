"""From the text of a document to a flow, or to the list of everything wrong with it."""
