-- A copy of a database posts no letter and takes no callback.
UPDATE res_company SET relance_provider = 'manual', relance_provider_token = NULL;
UPDATE relance_notice SET provider_state = 'failed' WHERE provider_state = 'to_submit';
