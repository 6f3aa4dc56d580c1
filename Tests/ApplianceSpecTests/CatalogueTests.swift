import ApplianceSpec
import Diagnostics
import Foundation
import Testing

/// What lies in `Appliances/`.
struct CatalogueTests {
    private static let names = (try? FileManager.default.contentsOfDirectory(atPath: repository + "/Appliances")) ?? []

    @Test(arguments: names.sorted()) func `every appliance compiles without a word`(name: String) throws {
        let (appliance, report) = SpecCompiler(workingDirectory: repository).compile(
            "Appliances/\(name)/appliance.yaml")
        #expect(report.rendered(as: .text) == "")
        #expect(appliance?.name.value == name)
        #expect(appliance?.checks.isEmpty == false)
    }

    @Test func `there are appliances`() {
        #expect(Self.names.count >= 2)
    }
}
