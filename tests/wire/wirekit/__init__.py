"""What the HTTP/1 wire suite is made of: cases as data, and one reactor that plays both ends."""
