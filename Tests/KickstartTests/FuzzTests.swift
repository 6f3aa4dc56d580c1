import Foundation
import KickstartFuzzing
import Testing

@Suite struct FuzzTests {
    /// `kickstart-fuzz 1000000` does the same for longer: CONTRIBUTING.md.
    @Test func `four thousand broken files are read without a trap, with places that are in them`() throws {
        let folder = JudgedTests.repository.path + "/Tests/KickstartTests/Files"
        let seeds = try JudgedTests.kickstartFiles(below: folder).map {
            try String(contentsOfFile: $0, encoding: .utf8)
        }
        #expect(seeds.count > 5)
        let inputs = FuzzInputs(seeds: seeds, run: 2)
        let examination = FuzzExamination(inputs)
        var wrong: [String] = []
        for number in 0..<4_000 { wrong += examination.examine(UInt64(number)).map { "\(number): \($0)" } }
        #expect(wrong == [])
        // The inputs are the same everywhere, and not all alike.
        #expect(Set((0..<500).map { inputs.text(UInt64($0)) }).count > 300)
        #expect(inputs.text(7) == FuzzInputs(seeds: seeds, run: 2).text(7))
    }
}
