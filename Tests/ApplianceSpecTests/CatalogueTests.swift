import ApplianceSpec
import Diagnostics
import Foundation
import Testing

/// What lies in `Appliances/`.
struct CatalogueTests {
    private static let names =
        ((try? FileManager.default.contentsOfDirectory(atPath: repository + "/Appliances")) ?? [])
        .filter { $0 != "catalogue.json" }

    @Test(arguments: names.sorted()) func `every appliance compiles without a word`(name: String) throws {
        let (appliance, report) = SpecCompiler(workingDirectory: repository).compile(
            "Appliances/\(name)/appliance.yaml")
        #expect(report.rendered(as: .text) == "")
        #expect(appliance?.name.value == name)
        #expect(appliance?.checks.isEmpty == false)
    }

    @Test(arguments: names.sorted()) func `every appliance has a lock and a page`(name: String) {
        for file in ["appliance.lock", "README.md"] {
            #expect(FileManager.default.fileExists(atPath: "\(repository)/Appliances/\(name)/\(file)"), "\(file)")
        }
    }

    @Test func `there are appliances`() {
        #expect(Self.names.count >= 5)
    }
}
