/// `12.3`: a plain number with so many digits after the point, in no locale.
func decimal(_ value: Double, digits: Int = 1) -> String {
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let whole = Int64((value * factor).rounded())
    let sign = whole < 0 ? "-" : ""
    guard digits > 0 else { return "\(whole)" }
    let rest = String(whole.magnitude % UInt64(factor))
    return "\(sign)\(whole.magnitude / UInt64(factor)).\(String(repeating: "0", count: digits - rest.count))\(rest)"
}

/// `212 MB`; empty for nothing.
func megabytes(_ bytes: Int64) -> String { bytes < 500_000 ? "" : "\(Int((Double(bytes) / 1e6).rounded())) MB" }

func percent(_ part: Double, of whole: Double) -> String {
    whole > 0 ? "\(Int((part / whole * 100).rounded())) %" : "0 %"
}

/// Without control characters, which a title of the spec's author may hold and a terminal would obey.
func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "·" : $0 }))
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

extension String {
    /// Filled with blanks on the left.
    func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
    func left(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
