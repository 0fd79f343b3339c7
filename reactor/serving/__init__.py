"""What is served to others: the control socket; later what the web pages and the hub share."""
