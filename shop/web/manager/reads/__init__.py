"""What the office's pages read: one function a page, over any floors, never a query per row."""
