"""Sectors whose payment term the law limits more (C. com. L441-11 II), as people choose them; keys of law.SECTORS."""

SECTORS = [
    ("perishable", "Perishable food, frozen meat and fish, prepared dishes: 30 days from delivery"),
    ("livestock", "Livestock and fresh meat: 20 days from delivery"),
    ("alcohol", "Alcoholic drinks: 30 days after the month of delivery"),
    ("wine", "Wine and musts: 60 days, or 45 days end of month"),
    ("transport", "Road haulage, freight, forwarding, customs, vehicle rental: 30 days from the invoice"),
]
