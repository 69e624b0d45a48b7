"""Products in a file: the CSV format that Shopify publishes, read and written without losing anything.

    bytes --sheet.read--> rows --wanted.read--> what the file asks for --planning.plan--> what would change
                                                                        --applying.apply--> done, in one unit
    products --writing.document--> bytes

`headings.py` is the format. A cell means the same both ways: `cells.py` writes what a product says as cells, and a
change is a cell that would be written differently afterwards.
"""
