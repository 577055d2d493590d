"""Who is in the demo: the company, its users, its debtors, what it sells. Plain data, all of it invented.

Numbers are valid but given to nobody: SIREN in 000 (2199 and 2699 for public bodies of a department that does not
exist), telephone numbers of the ranges kept for fiction, addresses in the domain ``.example``, the specimen IBAN of the
French banks.
"""

COMPANY = {
    "name": "Négoce Bois Bréval",
    "number": "00012345",
    "street": "14 rue des Tonneliers",
    "zip": "71400",
    "city": "Autun",
    "phone": "03 53 01 20 20",
    "email": "contact@bois-breval.example",
    "website": "https://www.bois-breval.example",
    "footer": "Négoce Bois Bréval, SAS au capital de 120 000 € - RCS Chalon-sur-Saône - APE 4673A",
    "primary_color": "#2f5d50",
    "secondary_color": "#b5763a",
}

#: Made last, and seen by the administrator only: what core installs for a French company is part of the demo.
SECOND_COMPANY = {"name": "Bréval Transports", "street": "3 quai du Canal", "zip": "71100", "city": "Chalon-sur-Saône"}

BANK = {
    "acc_number": "FR76 3000 6000 0112 3456 7890 189",
    "bank": "Banque des Vignerons",
    "bic": "AGRIFRPPXXX",
    "currency": "EUR",
}

#: Login and password of each are the same word, for the demo only.
USERS = (
    {
        "login": "compta",
        "name": "Claire Béranger",
        "email": "compta@bois-breval.example",
        "phone": "03 53 01 20 24",
        "function": "Responsable du crédit client",
        "group": "account.group_account_manager",
    },
    {
        "login": "facturation",
        "name": "Mathis Roussel",
        "email": "facturation@bois-breval.example",
        "phone": "03 53 01 20 25",
        "function": "Chargé de facturation",
        "group": "account.group_account_invoice",
    },
)

#: Code: name, price before tax (EUR).
PRODUCTS = {
    "chêne": ("Plateau chêne massif 27 mm (m²)", 68.50),
    "panneau": ("Panneau trois plis épicéa 19 mm (m²)", 54.20),
    "poutre": ("Poutre lamellé-collé GL24h 100 × 200 (m)", 31.80),
    "mélèze": ("Lame de terrasse mélèze 27 × 145 (m²)", 47.90),
    "quincaillerie": ("Lot de quincaillerie d’agencement", 38.00),
    "livraison": ("Livraison par camion-grue", 145.00),
}

#: Code: name, then the instalments as (percent, days after the date of the invoice).
PAYMENT_TERMS = {
    "15": ("15 jours", [(100, 15)]),
    "30": ("30 jours", [(100, 30)]),
    "45": ("45 jours", [(100, 45)]),
    "50": ("50 jours (établissements de santé)", [(100, 50)]),
    "30/70": ("30 % à 15 jours, 70 % à 45 jours", [(30, 15), (70, 45)]),
}

#: Contract of one customer, whose clause is not the company's.
CONTRACT = {"name": "Contrat-cadre Groupe Altéa", "basis": "fixed", "rate": 9.0, "imputation": "interest"}

#: A calendar that catches old files up: the step of their age, not the first one.
OLD_FILES = {
    "name": "Dossiers anciens",
    "levels": [
        {"name": "Relance ferme", "delay": 15, "kind": "firm", "channel_call": True},
        {"name": "Mise en demeure", "delay": 30, "kind": "formal", "channel_registered": True, "deadline_days": 15},
        {
            "name": "Dernier avis avant procédure",
            "delay": 45,
            "kind": "final",
            "channel_registered": True,
            "deadline_days": 8,
        },
    ],
}


def _firm(name, number, street, code, city, email, **more):
    """Return a French business: its SIREN starts with ``number`` (8 digits)."""
    return {
        "name": name,
        "number": number,
        "street": street,
        "zip": code,
        "city": city,
        "email": email,
        "is_company": True,
        **more,
    }


def _person(name, street, code, city, email, **more):
    return {"name": name, "street": street, "zip": code, "city": city, "email": email, "is_company": False, **more}


#: By key. ``refused``: the mail server answers that there is no such mailbox.
DEBTORS = {
    "lefèvre": _firm("Menuiserie Lefèvre & Fils", "00020001", "12 rue des Érables", "69003", "Lyon",
                     "comptabilite@menuiserie-lefevre.example", phone="04 65 71 10 01"),
    "sud-ouest": _firm("Société d’Agencement et de Rénovation des Établissements Hôteliers du Grand Sud-Ouest et "
                       "des Pyrénées-Atlantiques", "00020002", "Zone artisanale de l’Échangeur, bâtiment C",
                       "64000", "Pau", "fournisseurs@agencement-grand-sud-ouest.example"),
    "mairie": _firm("Mairie de Saint-Étienne-sur-Arroux", "21990001", "1 place de la République", "71190",
                    "Saint-Étienne-sur-Arroux", "comptabilite@saint-etienne-sur-arroux.example"),
    "hôpital": _firm("Centre hospitalier du Val d’Arroux", "26990002", "3 avenue Jean-Moulin", "71400", "Autun",
                     "facturation@ch-val-arroux.example", public_kind="health"),
    "lebœuf": _person("Anaïs Lebœuf", "8 chemin de la Garenne", "21200", "Beaune", "anais.leboeuf@courriel.example"),
    "hérouville": _person("Jean-Loup d’Hérouville", "27 rue Saint-Honoré", "75001", "Paris",
                          "jl.herouville@courriel.example"),
    "ÿvernault": _person("Zoé Ÿvernault", "5 impasse des Glycines", "37000", "Tours",
                         "zoe.yvernault@courriel.example"),
    "delvaux": _firm("Charpentes Delvaux SRL", "", "18 chaussée de Louvain", "5000", "Namur",
                     "compta@charpentes-delvaux.example", country="BE", vat="BE0200000142"),
    "zbinden": _firm("Ébénisterie Zbinden SA", "", "4 rue du Lac", "1003", "Lausanne",
                     "finances@ebenisterie-zbinden.example", country="CH", currency="CHF"),
    "pélissier": _firm("Garage Pélissier", "00020010", "44 route de Dijon", "21000", "Dijon", "",
                       phone="03 53 01 44 10"),
    "fantôme": _firm("Décors Fantôme", "00020011", "", "", "", "", phone="06 39 98 00 11"),
    "bréval immo": _firm("Bréval Immobilier", "00020012", "14 rue des Tonneliers", "71400", "Autun",
                         "gestion@breval-immobilier.example", exclude=True),
    "ôtaké": _firm("Cuisines Ôtaké", "00020013", "9 quai de la Joliette", "13002", "Marseille",
                   "achats@cuisines-otake.example"),
    "ribéra": _firm("Bâtiments Ribéra", "00020014", "2 rue de l’Ébéniste", "34000", "Montpellier",
                    "compta@batiments-ribera.example"),
    "castelnau": _firm("Maçonnerie Castelnau", "00020015", "71 avenue de Toulouse", "31320", "Castanet-Tolosan",
                       "bureau@maconnerie-castelnau.example"),
    "moulin": _firm("Escaliers Moulin", "00020016", "6 rue du Moulin-à-Vent", "42000", "Saint-Étienne",
                    "contact@escaliers-moulin.example"),
    "dujardin": _firm("Parquets Dujardin", "00020017", "33 boulevard Carnot", "59800", "Lille",
                      "reglements@parquets-dujardin.example"),
    "le goff": _firm("Charpentes Le Goff", "00020018", "Kerlédan, route de Crozon", "29000", "Quimper",
                     "compta@charpentes-legoff.example"),
    "bellevue": _firm("Hôtel Bellevue", "00020019", "1 esplanade du Belvédère", "74000", "Annecy",
                      "direction@hotel-bellevue.example"),
    "altéa": _firm("Groupe Altéa Distribution", "00020020", "115 cours de Vincennes", "75020", "Paris",
                   "fournisseurs@altea-distribution.example", contract=True),
    "vauquelin": _firm("Établissements Vauquelin", "00020021", "Tour Égée, 9 allée de l’Arche", "92400",
                       "Courbevoie", "accueil@vauquelin.example", calendar="relance_fr.relance_calendar_key_accounts",
                       dunning_contact=("Nadège Öhlund", "litiges-fournisseurs@vauquelin.example")),
    "nérac": _firm("Isolation Nérac", "00020022", "17 rue d’Alsace", "47600", "Nérac",
                   "comptabilite@isolation-nerac.example", calendar="old"),
    "hermeline": _firm("Constructions Hermeline", "00020023", "58 rue de la Gare", "50000", "Saint-Lô",
                       "siege@constructions-hermeline.example", calendar="old"),
    "quéméneur": _firm("Plâtrerie Quéméneur", "00020024", "10 rue de Siam", "29200", "Brest",
                       "contact@platrerie-quemeneur.example", calendar="old"),
    "quimperlé": _firm("Atelier Faïence de Quimperlé", "00020025", "3 quai Brizeux", "29300", "Quimperlé",
                       "ancienne-adresse@faience-quimperle.example", refused=True),
    "équinoxe": _firm("Agence Équinoxe Architecture", "00020026", "21 rue Crébillon", "44000", "Nantes",
                      "agence@equinoxe-architecture.example"),
    "sénéchal": _firm("Couverture Sénéchal", "00020027", "80 rue Haute", "76600", "Le Havre",
                      "compta@couverture-senechal.example"),
    "oriel": _firm("Vérandas Oriel", "00020028", "5 rue de la Verrerie", "67000", "Strasbourg",
                   "comptabilite@verandas-oriel.example"),
    "émeraude": _firm("Jardins d’Émeraude", "00020029", "12 digue de Rochebonne", "35400", "Saint-Malo",
                      "bureau@jardins-emeraude.example"),
    "encre bleue": _firm("Librairie L’Encre bleue", "00020030", "7 place du Marché", "86000", "Poitiers",
                         "librairie@encre-bleue.example"),
    "haut-doubs": _firm("Charpente du Haut-Doubs", "00020031", "2 rue des Sapins", "25300", "Pontarlier",
                        "compta@charpente-haut-doubs.example"),
}  # fmt: skip

# A number of the range kept for fiction for each business that has none of its own: somebody may be called.
for _rank, _debtor in enumerate(DEBTORS.values()):
    if _debtor["is_company"]:
        _debtor.setdefault("phone", f"04 65 71 20 {_rank:02}")


def _check_digit(digits):
    """Return the Luhn digit that completes ``digits``.

    >>> _check_digit("73282932")
    '0'
    """
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def siret(number):
    """Return the SIRET of the head office of the company whose SIREN starts with these eight digits.

    >>> siret("73282932")[:9]
    '732829320'
    """
    siren = number + _check_digit(number)
    return siren + "0001" + _check_digit(siren + "0001")


def french_vat(number):
    """Return the French VAT number that goes with a SIREN, from its first eight digits.

    >>> french_vat("73282932")
    'FR44732829320'
    """
    siren = number + _check_digit(number)
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def refused_addresses():
    """Return the e-mail addresses that the demo's mail server refuses."""
    return {debtor["email"] for debtor in DEBTORS.values() if debtor.get("refused")}


#: The creditors' representative of the debtor who is in insolvency proceedings; no debtor.
REPRESENTATIVE = {
    "name": "SELARL Aubert & Lemaire",
    "is_company": True,
    "function": "Mandataire judiciaire",
    "street": "14 rue du Châtelet",
    "zip": "71100",
    "city": "Chalon-sur-Saône",
    "email": "declarations@aubert-lemaire.example",
}
