"""What is sold, what it costs, what is in stock, and who made each piece."""
