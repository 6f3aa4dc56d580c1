import Testing

@testable import ImageInspection

struct NeedleSetTests {
    private let words = ["AKIA", "ghp_", "gho_", "-----BEGIN ", "SG."]

    @Test(arguments: [
        ("AKIA", [0]), ("xAKIA", [0]), ("AKI", []), ("A", []), ("", []), ("ghpgho_", [2]), ("SG.ghp_SG.", [1, 4]),
        ("-----BEGIN", []), ("------BEGIN ", [3]), ("AAKIAKIA", [0]), ("\0\0SG.", [4]),
    ])
    func `what occurs anywhere in a text is found in one pass`(text: String, found: [Int]) {
        #expect(NeedleSet(words.map { Array($0.utf8) }).occurring(in: Array(text.utf8)) == Set(found))
    }

    @Test func `each secret's beginning is among those that are looked for`() {
        let all = SecretPattern.all
        let set = NeedleSet(all.map(\.bytes))
        for (index, pattern) in all.enumerated() {
            #expect(set.occurring(in: Array("a text with ".utf8) + pattern.bytes).contains(index))
        }
    }
}
