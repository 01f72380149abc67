"""Calibration text: what shows how large an encoder's activations get.

Fixed, and no text of the corpus: the encoder must be the same whatever it reads.
"""

CALIBRATION_TEXTS = (
    "How do I reset the pump?",
    "What does error E-4471 mean?",
    "who pays for the return of a broken device",
    "Is the warranty void after I open the housing myself?",
    "The return line is frozen. Thaw it slowly with warm water, then start the pump again and"
    " watch the pressure for ten minutes. If it falls below 0.8 bar, close the valve and call us.",
    "Employees accrue vacation at 1.75 days a month. Days that are not taken by 31 March of the"
    " following year lapse, unless sickness or parental leave prevented taking them.",
    "We study whether a low dose of the drug reduces the risk of stroke in adults over sixty. In a"
    " randomised, double-blind trial of 1,204 patients, the hazard ratio was 0.83 (95 % CI"
    " 0.71 to 0.97; p = 0.02), and adverse events were as frequent as with placebo.",
    "The protein binds to the promoter and represses transcription; mice that lack the gene show"
    " increased insulin sensitivity and an altered composition of the gut microbiota.",
    "To install the client, run `pip install example` and set EXAMPLE_TOKEN. Then call"
    ' `client.search(query="pump", limit=10)`, which returns a list of dictionaries.',
    "def area(width: float, height: float) -> float:\n    return width * height\n\nprint(area(2))",
    "| Part | Price | Stock |\n| --- | --- | --- |\n| O-ring 12 mm | 0.40 | 1,250 |\n"
    "| Sensor TX-9 | 41.00 | 12 |",
    "# Installation\n\n1. Mount the bracket on a level wall.\n2. Tighten the screws with 8 N·m.\n"
    "3. Connect the cable; the light turns green.",
    "Notice to shareholders: the board proposes a dividend of 1.20 per share, payable on 14 May,"
    " subject to approval at the annual general meeting.",
    "The river rises in the northern hills, passes three towns and joins the sea after 214"
    " kilometres. In spring, meltwater floods the lower meadows, where storks build their nests.",
    "She asked him whether the last train had left. He looked at the clock, shrugged, and said"
    " that in this town trains had never cared much for clocks.",
    "Section 12.3 Limitation of liability. In no event shall either party be liable for indirect,"
    " incidental or consequential damages, including loss of profit, however caused.",
    "Preheat the oven to 180 °C. Whisk three eggs with 120 g of sugar, fold in the flour and bake"
    " for 25 minutes, until a needle comes out clean.",
    "SELECT name, COUNT(*) FROM orders WHERE shipped_at IS NULL GROUP BY name ORDER BY 2 DESC;",
    "Error: connection to 10.0.0.7:5432 refused (code 111). Retrying in 30 s, attempt 4 of 5.",
    "La garantie couvre les pièces et la main-d'œuvre pendant cinq ans à compter de la date"
    " d'achat, à condition que l'entretien annuel ait été effectué par un technicien agréé.",
    "Quelle ville fut choisie comme capitale, et pourquoi le roi la quitta-t-il dix ans après ?",
    "Die Heizung springt nicht an, wenn der Wasserdruck unter 0,8 bar liegt. Füllen Sie Wasser"
    " nach, bis das Manometer 1,5 bar zeigt, und entlüften Sie danach die Heizkörper.",
    "El contrato se renueva automáticamente cada año, salvo que una de las partes lo cancele por"
    " escrito con treinta días de antelación.",
    "Il modulo va compilato in ogni sua parte e consegnato allo sportello entro venerdì.",
    "O relatório mostra que as vendas cresceram 12% no segundo trimestre.",
    "De fietsers moesten omrijden omdat de brug wegens onderhoud gesloten was.",
    "Снимите крышку, промойте фильтр тёплой водой и установите его на место.",
    "保証期間は購入日から五年間です。電池は一年間のみ対象となります。",
    "水泵停止运转时，请先检查电源，然后检查进水阀是否打开。",
    "يرجى إغلاق الصمام قبل فتح الغطاء.",
    "a",
    "42",
    "???",
)
