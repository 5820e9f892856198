/// Steele, Lea and Flood's SplitMix64: the same seed gives the same numbers, on every machine and in every release.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Makes a generator of the seed's numbers.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A number from 0 to `bound` - 1; `bound` is positive.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "there is no number below \(bound)")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True `percent` times of a hundred.
    public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// One of the elements, each as likely; there is at least one.
    public mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// One of the elements, as often as its weight is of the sum; the sum is positive.
    public mutating func pick<Element>(weighted elements: [(element: Element, weight: Int)]) -> Element {
        var left = below(elements.reduce(0) { $0 + $1.weight })
        for (element, weight) in elements {
            if left < weight { return element }
            left -= weight
        }
        preconditionFailure("the weights changed under way")
    }
}
