"""A flow as a picture: cards, ports, layout, routes of edges, looks of each kind. No part of the web application."""
