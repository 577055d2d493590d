{
    "name": "Relance FR: a reason not to dun, for the tests",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "author": "relance_fr contributors",
    "license": "LGPL-3",
    "depends": ["relance_fr"],
}
