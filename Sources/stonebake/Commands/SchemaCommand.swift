import ApplianceSpec
import ArgumentParser

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the spec language, for editors.",
        discussion: """
            EXAMPLE
              stonebake schema > appliance.schema.json
            """)

    func run() throws {
        print(applianceJSONSchema(), terminator: "")
    }
}
