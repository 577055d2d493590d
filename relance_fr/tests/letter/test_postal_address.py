import doctest

from odoo.tests import tagged

from ...tools import postal_address
from ..letter_common import LetterCommon

NAME = "Menuiserie Lefèvre & Fils"
# name of the debtor, name of the contact ("" without), country, street, street2, postcode, town, state -> lines
SHAPES = {
    "plain": ((NAME, "", "FR", "8 rue de la Gare", "", "42300", "Roanne"), [NAME, "8 rue de la Gare", "42300 ROANNE"]),
    "hospital and its service": (
        ("Centre hospitalier universitaire de Saint-Étienne", "Service des achats", "FR", "Avenue Albert Raimond",
         "Bâtiment administratif", "42270", "Saint-Priest-en-Jarez"),
        ["Centre hospitalier universitaire de", "Saint-Étienne", "Service des achats", "Bâtiment administratif",
         "Avenue Albert Raimond", "42270 SAINT-PRIEST-EN-JAREZ"],
    ),
    "hospital shortened": (
        ("Centre hospitalier intercommunal de Villeneuve-Saint-Georges",
         "Direction des affaires financières et de la facturation", "FR", "40 allée de la Source",
         "Pavillon Jean Bernard, 2e étage", "94190", "Villeneuve-Saint-Georges"),
        ["CH intercom de Villeneuve-St-Georges", "Dir des affaires financières et de la", "facturation",
         "Pavillon Jean Bernard, 2e etg", "40 allée de la Source", "94190 VILLENEUVE-SAINT-GEORGES"],
    ),
    "hospitals of Paris": (
        ("Assistance publique - Hôpitaux de Paris", "", "FR", "3 avenue Victoria", "", "75184", "Paris Cedex 04"),
        ["Assistance publique - Hôpitaux de", "Paris", "3 avenue Victoria", "75184 PARIS CEDEX 04"],
    ),
    "nursing home": (
        ("Établissement d’hébergement pour personnes âgées dépendantes Les Tilleuls",
         "Service économique et logistique", "FR", "3 impasse du Moulin", "Quartier Les Aubépines", "84000", "Avignon"),
        ["EHPAD Les Tilleuls", "Service économique et logistique", "3 impasse du Moulin", "Quartier Les Aubépines",
         "84000 AVIGNON"],
    ),
    "c/o in the street": (
        ("Escaliers Moulin", "", "FR", "c/o Cabinet Durand Expertise", "5 place Bellecour", "69002", "Lyon Cedex 02"),
        ["Escaliers Moulin", "c/o Cabinet Durand Expertise", "5 place Bellecour", "69002 LYON CEDEX 02"],
    ),
    "c/o below the street": (
        ("Escaliers Moulin", "", "FR", "5 place Bellecour", "Chez Mme Durand", "69002", "Lyon"),
        ["Escaliers Moulin", "Chez Mme Durand", "5 place Bellecour", "69002 LYON"],
    ),
    "attention": (
        ("Escaliers Moulin", "", "FR", "5 place Bellecour", "À l’attention de la comptabilité", "69002", "Lyon"),
        ["Escaliers Moulin", "À l’attention de la comptabilité", "5 place Bellecour", "69002 LYON"],
    ),
    "box and cedex": (
        (NAME, "", "FR", "12 avenue de l’Europe", "BP 20145", "38431", "Échirolles Cedex"),
        [NAME, "12 avenue de l’Europe", "BP 20145", "38431 ÉCHIROLLES CEDEX"],
    ),
    "box above the street": (
        (NAME, "", "FR", "CS 70001", "1 rue de la Paix", "35042", "Rennes Cedex"),
        [NAME, "1 rue de la Paix", "CS 70001", "35042 RENNES CEDEX"],
    ),
    "box alone": ((NAME, "", "FR", "BP 90", "", "57014", "Metz Cedex"), [NAME, "BP 90", "57014 METZ CEDEX"]),
    "TSA": ((NAME, "", "FR", "TSA 30008", "", "92099", "La Défense Cedex"),
            [NAME, "TSA 30008", "92099 LA DÉFENSE CEDEX"]),
    "no street": ((NAME, "", "FR", "", "", "48000", "Mende"), [NAME, "48000 MENDE"]),
    "no country": ((NAME, "", "", "8 rue de la Gare", "", "42300", "Roanne"),
                   [NAME, "8 rue de la Gare", "42300 ROANNE"]),
    "person": (
        ("Transports Bonnet", "Mme Jeanne Martin", "FR", "4 quai du Port", "", "13002", "Marseille"),
        ["Transports Bonnet", "Mme Jeanne Martin", "4 quai du Port", "13002 MARSEILLE"],
    ),
    "flat": (
        ("Paul Roux", "", "FR", "12 rue des Lilas", "Résidence Les Pins, Bâtiment B, Escalier 3, Appartement 12",
         "69003", "Lyon"),
        ["Paul Roux", "Rés Les Pins, Bât B, Esc 3, Apt 12", "12 rue des Lilas", "69003 LYON"],
    ),
    "floor": (
        ("Paul Roux", "", "FR", "12 rue des Lilas", "3e étage, porte gauche", "69003", "Lyon"),
        ["Paul Roux", "3e étage, porte gauche", "12 rue des Lilas", "69003 LYON"],
    ),
    "tower": (
        ("Cabinet Vernier", "", "FR", "33 avenue du Maine", "Tour Montparnasse", "75015", "Paris"),
        ["Cabinet Vernier", "Tour Montparnasse", "33 avenue du Maine", "75015 PARIS"],
    ),
    "building without a street": (
        ("Paul Roux", "", "FR", "Résidence Les Pins", "Bâtiment B", "83000", "Toulon"),
        ["Paul Roux", "Résidence Les Pins", "Bâtiment B", "83000 TOULON"],
    ),
    "hamlet": (
        ("GAEC des Granges", "", "FR", "Lieu-dit Les Granges", "Route de Vichy", "03300", "Cusset"),
        ["GAEC des Granges", "Route de Vichy", "Lieu-dit Les Granges", "03300 CUSSET"],
    ),
    "industrial estate": (
        (NAME, "", "FR", "Zone industrielle de la Plaine du Ripert et de Bellevue", "12 rue Ampère", "13340", "Rognac"),
        [NAME, "ZI de la Plaine du Ripert et de", "Bellevue", "12 rue Ampère", "13340 ROGNAC"],
    ),
    "long street": (
        (NAME, "", "FR", "125 bis boulevard du Maréchal de Lattre de Tassigny", "", "94300", "Vincennes"),
        [NAME, "125 bis bd du Mal de Lattre de", "Tassigny", "94300 VINCENNES"],
    ),
    "long second line": (
        (NAME, "", "FR", "12 rue Ampère", "Parc technologique de la Porte des Alpes, entrée par le quai nord", "69800",
         "Saint-Priest"),
        [NAME, "12 rue Ampère", "Parc technologique de la Porte des", "Alpes, entrée par le quai nord",
         "69800 SAINT-PRIEST"],
    ),
    "longest town": (
        ("Commune de Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson", "", "FR", "1 place de la Mairie", "", "51290",
         "Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson"),
        ["Commune de Saint-Rémy-en-Bouzemont-", "Saint-Genest-et-Isson", "1 place de la Mairie",
         "51290 ST-RÉMY-EN-BOUZEMONT-ST-GENEST-", "ET-ISSON"],
    ),
    "name of 50 letters": (
        ("Ateliersdeconstructionsmetalliquesetchaudronneries", "", "FR", "8 rue de la Gare", "", "42300", "Roanne"),
        ["Ateliersdeconstructionsmetalliquesetch", "audronneries", "8 rue de la Gare", "42300 ROANNE"],
    ),
    "joint ownership": (
        ("Syndicat des copropriétaires de la résidence Le Parc des Sources", "Cabinet Régie du Rhône", "FR",
         "18 cours Lafayette", "BP 3021", "69405", "Lyon Cedex 03"),
        ["Syndicat des copropriétaires de la", "résidence Le Parc des Sources", "Cabinet Régie du Rhône",
         "18 cours Lafayette", "BP 3021", "69405 LYON CEDEX 03"],
    ),
    "neighbours on one line": (
        ("Syndicat intercommunal des eaux de la vallée de l’Azergues", "Service facturation", "FR", "Bâtiment C",
         "Escalier 2, BP 12\n18 rue Ney", "69480", "Anse"),
        ["Syndicat intercommunal des eaux de la", "vallée de l’Azergues", "Service facturation",
         "Bâtiment C, Escalier 2, BP 12", "18 rue Ney", "69480 ANSE"],
    ),
    "named twice": (
        ("Garage du Lac", "", "FR", "GARAGE DU LAC", "2 quai des Bains", "74000", "Annecy"),
        ["Garage du Lac", "2 quai des Bains", "74000 ANNECY"],
    ),
    "old prefix": ((NAME, "", "FR", "8 rue Royale", "", "F-75008", "Paris"), [NAME, "8 rue Royale", "75008 PARIS"]),
    "Corsica": (("Auberge U Pinu", "", "FR", "Route de Palombaggia", "Lieudit U Pinu", "20137", "Porto-Vecchio"),
                ["Auberge U Pinu", "Route de Palombaggia", "Lieudit U Pinu", "20137 PORTO-VECCHIO"]),
    "Réunion": ((NAME, "", "RE", "15 rue de Paris", "", "97400", "Saint-Denis"),
                [NAME, "15 rue de Paris", "97400 SAINT-DENIS"]),
    "Mayotte": ((NAME, "", "YT", "Rue du Commerce", "BP 42", "97600", "Mamoudzou"),
                [NAME, "Rue du Commerce", "BP 42", "97600 MAMOUDZOU"]),
    "Saint-Pierre-et-Miquelon": ((NAME, "", "PM", "2 rue Maréchal Foch", "", "97500", "Saint-Pierre"),
                                 [NAME, "2 rue Maréchal Foch", "97500 SAINT-PIERRE"]),
    "New Caledonia": ((NAME, "", "NC", "22 rue de l’Alma", "BP 1234", "98800", "Nouméa"),
                      [NAME, "22 rue de l’Alma", "BP 1234", "98800 NOUMÉA", "NOUVELLE-CALÉDONIE"]),
    "Polynesia": ((NAME, "", "PF", "Immeuble Fara", "BP 4560", "98713", "Papeete"),
                  [NAME, "Immeuble Fara", "BP 4560", "98713 PAPEETE", "POLYNÉSIE FRANÇAISE"]),
    "Monaco": (("Yachting Réunis", "", "MC", "7 boulevard des Moulins", "Bloc A", "98000", "Monaco"),
               ["Yachting Réunis", "7 boulevard des Moulins", "Bloc A", "98000 MONACO", "MONACO"]),
    "Belgium": (("Harrow SRL", "", "BE", "Rue de la Loi 16", "", "1000", "Bruxelles"),
                ["Harrow SRL", "Rue de la Loi 16", "1000 BRUXELLES", "BELGIQUE"]),
    "Germany": (("Müller Maschinenbau GmbH", "", "DE", "Industriestraße 12", "", "70565", "Stuttgart"),
                ["Müller Maschinenbau GmbH", "Industriestraße 12", "70565 STUTTGART", "ALLEMAGNE"]),
    "United Kingdom": (("Harrow Ltd", "Accounts Payable", "GB", "221B Baker Street", "", "NW1 6XE", "London"),
                       ["Harrow Ltd", "Accounts Payable", "221B Baker Street", "LONDON", "NW1 6XE", "ROYAUME-UNI"]),
    "United States": (("Acme Inc.", "", "US", "350 5th Avenue", "Suite 4100", "10118", "New York", "NY"),
                      ["Acme Inc.", "350 5th Avenue", "Suite 4100", "NEW YORK NY 10118", "ÉTATS-UNIS"]),
    "too many lines abroad are joined": (
        ("Consolidated Engineering Services and Trading Ltd", "Accounts Payable", "GB", "Unit 4", "Riverside Park",
         "NE1 4XX", "Newcastle"),
        ["Consolidated Engineering Services and", "Trading Ltd, Accounts Payable", "Unit 4, Riverside Park",
         "NEWCASTLE", "NE1 4XX", "ROYAUME-UNI"],
    ),
}  # fmt: skip
TOO_LONG = (
    "Groupement de coopération sanitaire des blanchisseries hospitalières interdépartementales du Massif central",
    "Direction déléguée à la maintenance des équipements biomédicaux et des installations techniques", "FR",
    "Plateforme logistique mutualisée de la zone aéroportuaire, quai de déchargement numéro quatorze",
    "Ensemble immobilier des Quatre Vents, accès par la rue du Général de Gaulle, deuxième portail", "63000",
    "Clermont-Ferrand",
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestPostalAddress(LetterCommon):
    """Six lines of 38 characters on the envelope, whatever the card says."""

    def test_examples_of_the_functions(self):
        self.assertEqual(doctest.testmod(postal_address).failed, 0)

    def _make(self, name, person, country, street, street2, postcode, city, state=""):
        """Return a notice that is not stored to the debtor, or the contact, of such a card."""
        land = self.env["res.country"].search([("code", "=", country)]) if country else self.env["res.country"]
        region = land.state_ids.filtered(lambda one: one.code == state) if state else land.state_ids[:0]
        place = {"street": street, "street2": street2, "zip": postcode, "city": city}
        place |= {"country_id": land.id, "state_id": region.id}
        debtor = self.env["res.partner"].create({"name": name, "is_company": True} | place)
        contact = debtor
        if person:
            contact = self.env["res.partner"].create({"name": person, "parent_id": debtor.id, "type": "relance"})
        return self.env["relance.notice"].new(
            {"company_id": self.company.id, "partner_id": debtor.id, "contact_id": contact.id}
        )

    def test_shapes(self):
        self.assertGreaterEqual(len(SHAPES), 30)
        for shape, (card, lines) in SHAPES.items():
            with self.subTest(shape=shape):
                notice = self._make(*card)
                envelope = notice._get_letter_debtor()["envelope"]
                self.assertEqual(envelope["lines"], lines)
                self.assertTrue(envelope["fits"])
                self.assertEqual(notice._find_address_fault(), "")
                self.assertLessEqual(len(lines), 6)
                self.assertLessEqual(max(map(len, lines)), 38)

    def test_what_does_not_fit_is_said_and_not_cut(self):
        notice = self._make(*TOO_LONG)
        envelope = notice._get_letter_debtor()["envelope"]
        self.assertFalse(envelope["fits"])
        text = " ".join(envelope["lines"])
        for word in ("blanchisseries", "biomédicaux", "déchargement", "63000 CLERMONT-FERRAND"):
            self.assertIn(word, text)
        fault = notice._find_address_fault()
        self.assertIn(TOO_LONG[0], fault)
        self.assertIn("6, of 38 characters", fault)

    def test_overseas_writes_to_the_mainland(self):
        """The country is missing between the territories that one postcode reaches, and said to the others."""
        for home, country in (("RE", ""), ("NC", "FRANCE"), ("BE", "FRANCE")):
            self.company.partner_id.country_id = self.env.ref(f"base.{home.lower()}")
            lines = self._make(NAME, "", "FR", "8 rue Royale", "", "75008", "Paris")._get_letter_debtor()["address"]
            self.assertEqual(lines[-1] if country else "", country, home)
            self.assertIn("75008 PARIS", lines)
