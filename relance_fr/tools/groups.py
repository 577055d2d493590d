# Who keeps the settings of dunning, and reads them: accountants in charge, and users who may change a company.
SETTINGS_GROUPS = "account.group_account_manager,base.group_erp_manager"
