"""Names of the entities, and texts of readings, in the languages of the agent."""

ITALIAN, FRENCH = 0, 1

# English: (Italian, French). Placeholders stay as they are.
TRANSLATIONS: dict[str, tuple[str, str]] = {
    "Battery": ("Batteria", "Batterie"),
    "Battery time left": ("Autonomia residua", "Autonomie restante"),
    "Broker dropped messages": ("Messaggi scartati dal broker", "Messages rejetés par le broker"),
    "Collector failures": ("Errori dei collettori", "Échecs des collecteurs"),
    "Connection": ("Connessione", "Connexion"),
    "Container health {container}": ("Salute del container {container}", "Santé du conteneur {container}"),
    "Container {container}": ("Container {container}", "Conteneur {container}"),
    "CPU cores": ("Core della CPU", "Cœurs du processeur"),
    "CPU frequency": ("Frequenza della CPU", "Fréquence du processeur"),
    "CPU temperature": ("Temperatura della CPU", "Température du processeur"),
    "CPU usage": ("Uso della CPU", "Utilisation du processeur"),
    "Dead letters": ("Messaggi non recapitabili", "Messages non distribuables"),
    "Delivered messages": ("Messaggi consegnati", "Messages livrés"),
    "Delivery time (p99)": ("Tempo di consegna (p99)", "Délai de livraison (p99)"),
    "Disk free": ("Spazio libero su disco", "Espace disque libre"),
    "Disk free {mount}": ("Spazio libero su {mount}", "Espace libre sur {mount}"),
    "Disk usage": ("Uso del disco", "Utilisation du disque"),
    "Disk usage {mount}": ("Uso del disco {mount}", "Utilisation du disque {mount}"),
    "Fan {sensor}": ("Ventola {sensor}", "Ventilateur {sensor}"),
    "Kafka connection": ("Connessione a Kafka", "Connexion à Kafka"),
    "Last boot": ("Ultimo avvio", "Dernier démarrage"),
    "Load (1 min)": ("Carico (1 min)", "Charge (1 min)"),
    "Load (15 min)": ("Carico (15 min)", "Charge (15 min)"),
    "Load (5 min)": ("Carico (5 min)", "Charge (5 min)"),
    "Logged-in users": ("Utenti connessi", "Utilisateurs connectés"),
    "Memory available": ("Memoria disponibile", "Mémoire disponible"),
    "Memory usage": ("Uso della memoria", "Utilisation de la mémoire"),
    "Memory used": ("Memoria usata", "Mémoire utilisée"),
    "Message rate": ("Messaggi al secondo", "Messages par seconde"),
    "Network download": ("Rete in ricezione", "Réseau en réception"),
    "Network download {interface}": ("Rete in ricezione {interface}", "Réseau en réception {interface}"),
    "Network upload": ("Rete in invio", "Réseau en envoi"),
    "Network upload {interface}": ("Rete in invio {interface}", "Réseau en envoi {interface}"),
    "Oldest waiting message": ("Messaggio in attesa più vecchio", "Plus ancien message en attente"),
    "Pending security updates": ("Aggiornamenti di sicurezza in attesa", "Mises à jour de sécurité en attente"),
    "Pending updates": ("Aggiornamenti in attesa", "Mises à jour en attente"),
    "Power supply": ("Alimentazione", "Sur secteur"),
    "Problem": ("Problema", "Problème"),
    "Problem description": ("Descrizione del problema", "Description du problème"),
    "Processes": ("Processi", "Processus"),
    "Reboot": ("Riavvia", "Redémarrer"),
    "Reboot required": ("Riavvio necessario", "Redémarrage nécessaire"),
    "Refresh": ("Aggiorna", "Actualiser"),
    "Retry dead letters": ("Riprova i messaggi non recapitabili", "Renvoyer les messages non distribuables"),
    "Service {unit}": ("Servizio {unit}", "Service {unit}"),
    "Shut down": ("Spegni", "Éteindre"),
    "Spool size": ("Dimensione della coda su disco", "Taille de la file sur disque"),
    "Start order": ("Ordine di avvio", "Ordre de démarrage"),
    "Start services": ("Avvia i servizi", "Démarrer les services"),
    "State": ("Stato", "État"),
    "Suspend": ("Sospendi", "Mettre en veille"),
    "Swap usage": ("Uso dello swap", "Utilisation du swap"),
    "Temperature {sensor}": ("Temperatura {sensor}", "Température {sensor}"),
    "Waiting messages": ("Messaggi in attesa", "Messages en attente"),
    "all running": ("tutto in esecuzione", "tout fonctionne"),
    "waits for {service}": ("attende {service}", "attend {service}"),
    "{check}": ("{check}", "{check}"),
    "{check} last changed": ("{check}: ultima modifica", "{check} : dernière modification"),
    "{check} response time": ("{check}: tempo di risposta", "{check} : temps de réponse"),
    "{service} does not exist": ("{service} non trovato", "{service} introuvable"),
    "{service} failed": ("{service}: errore", "{service} : échec"),
}


def translate(template: str, language: str) -> str:
    """Return the template in ``en``, ``it`` or ``fr``; one that is not in the table, a user's own name, stays."""
    translations = TRANSLATIONS.get(template)
    if language == "en" or translations is None:
        return template
    return translations[ITALIAN if language == "it" else FRENCH]
