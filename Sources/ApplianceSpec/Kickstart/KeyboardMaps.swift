/// X layouts for the console keymaps of `keyboard us`: Debian's console is set up from X's names.
enum KeyboardMaps {
    /// `de(nodeadkeys)` for `de-latin1-nodeadkeys`; nil for a keymap that is not known.
    static func layout(of keymap: String) -> String? { table[keymap] }

    /// As systemd's kbd-model-map has them (localectl(1)).
    private static let table: [String: String] = [
        "us": "us", "us-acentos": "us(intl)", "dvorak": "us(dvorak)", "colemak": "us(colemak)", "uk": "gb", "gb": "gb",
        "ara": "ara", "be-latin1": "be", "be": "be", "bg_bds-utf8": "bg", "bg_pho-utf8": "bg(phonetic)", "bg": "bg",
        "br-abnt2": "br", "br": "br", "br-latin1-us": "br", "by": "by", "cf": "ca(fr-legacy)", "ca": "ca",
        "croat": "hr", "hr": "hr", "cz": "cz", "cz-lat2": "cz(qwerty)", "cz-us-qwertz": "cz", "cz-qwerty": "cz(qwerty)",
        "de": "de", "de-latin1": "de", "de-latin1-nodeadkeys": "de(nodeadkeys)", "de-nodeadkeys": "de(nodeadkeys)",
        "dk": "dk", "dk-latin1": "dk", "ee": "ee", "et": "ee", "es": "es", "et-nodeadkeys": "ee(nodeadkeys)",
        "fa": "ir", "fi": "fi", "fi-latin1": "fi", "fr": "fr", "fr-latin1": "fr", "fr-latin9": "fr(latin9)",
        "fr-pc": "fr", "fr-oss": "fr(oss)", "ge": "ge", "gr": "gr", "hu": "hu", "hu101": "hu(qwerty)", "ie": "ie",
        "il": "il", "is-latin1": "is", "is": "is", "it": "it", "it-ibm": "it", "it2": "it", "jp": "jp", "jp106": "jp",
        "ko": "kr", "kr": "kr", "la-latin1": "latam", "latam": "latam", "lt": "lt", "lv": "lv", "mk": "mk",
        "mk-utf": "mk", "nl": "nl", "no": "no", "no-latin1": "no", "pl": "pl", "pl2": "pl", "pt-latin1": "pt",
        "pt": "pt",
        "ro": "ro", "ro_win": "ro", "ru": "ru", "se-latin1": "se", "se": "se", "sv-latin1": "se", "sg": "ch(de)",
        "de_CH": "ch(de)", "ch": "ch", "sg-latin1": "ch(de)", "de_CH-latin1": "ch(de)", "fr_CH": "ch(fr)",
        "fr_CH-latin1": "ch(fr)", "sk-qwertz": "sk", "sk-qwerty": "sk(qwerty)", "sk": "sk", "slovene": "si", "si": "si",
        "sr-cy": "rs", "sr-latin": "rs(latin)", "trq": "tr", "tr": "tr", "trf": "tr(f)", "ua-utf": "ua", "ua": "ua",
    ]
}
