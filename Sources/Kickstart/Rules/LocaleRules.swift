import Diagnostics

extension CommandRules {
    static func keyboard(_ reading: inout CommandReading) throws(ArgumentProblem) {
        let words = reading.values.list("kbd")
        if words.count > 1 {
            throw reading.vocabularyProblem("keyboard takes one keymap", at: words.last?.range)
        }
        if reading.extras.isEmpty, words.isEmpty {
            guard reading.isIn("F18- R7-") else { throw reading.vocabularyProblem("keyboard needs a keymap") }
            if !reading.has("vckeymap"), !reading.has("xlayouts", orEarlier: true) {
                throw reading.problem("keyboard needs a keymap, --vckeymap or --xlayouts")
            }
        }
        if let word = words.first { reading.values.set("keyboard", .text(word.value), at: word.range) }
    }

    static func timeZone(_ reading: inout CommandReading) throws(ArgumentProblem) {
        let words = reading.values.list("timezone")
        if words.count > 1 {
            throw reading.vocabularyProblem("timezone takes one zone", at: words.last?.range)
        }
        if reading.isBare {
            throw reading.vocabularyProblem("timezone needs a zone or an option")
        }
        if !reading.isIn("R10-") {
            // RHEL 7's and older ones keep the servers of an earlier line.
            let servers = reading.has("ntpservers", orEarlier: true)
            if servers, reading.has("nontp") {
                throw reading.problem("only one of --nontp and --ntpservers can be given", at: "nontp")
            }
        }
        if let word = words.first { reading.values.set("timezone", .text(word.value), at: word.range) }
    }

    static func languageSupport(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        for word in try reading.takeExtras(grammar) {
            reading.values.append("supported", .text(word.value), at: word.range)
        }
    }

    /// Commands of one word, which argparse does not know of.
    static func oneWord(
        _ reading: inout CommandReading, _ grammar: CommandGrammar, _ property: String
    ) throws(ArgumentProblem) {
        guard reading.extras.count == 1 else {
            throw reading.vocabularyProblem(
                "'\(reading.name.value)' takes one argument", at: reading.extras.last?.range)
        }
        for word in try reading.takeExtras(grammar) {
            reading.values.set(property, .text(word.value), at: word.range)
        }
    }

    static func key(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        if reading.has("skip") { reading.extras = [] } else { try oneWord(&reading, grammar, "key") }
    }

    static func device(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        let wanted = reading.isIn("F3-7 R3-5") ? ["type", "moduleName"] : ["moduleName"]
        guard reading.extras.count == wanted.count else {
            throw reading.vocabularyProblem(
                wanted.count == 1
                    ? "device needs the name of a module" : "device needs a type and the name of a module",
                at: reading.extras.last?.range)
        }
        for (property, word) in zip(wanted, try reading.takeExtras(grammar)) {
            reading.values.set(property, .text(word.value), at: word.range)
        }
    }
}
