"""What the programme says of itself, and what each figure of it rests on. Reads every floor below, writes none."""
