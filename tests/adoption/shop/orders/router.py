class StockRouter:
    def db_for_read(self, model, **hints):
        return "stock" if model._meta.model_name == "stock" else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, model_name=None, **hints):
        if model_name == "stock" or db == "stock":
            return model_name == "stock" and db == "stock"
        return None
