//! A number with so many significant digits, as C's and Go's `%.Ng` writes it.
//! Finite numbers only.

/// `value` with `digits` significant digits, trailing zeros cut; with an exponent when it needs more digits than that.
pub(super) fn general(value: f64, digits: usize) -> String {
    let digits = digits.max(1);
    // Rounding comes first: 999.9 with three digits is 1e+03.
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", cut_zeros(mantissa), exponent.unsigned_abs());
    }
    let decimals = (digits as i32 - 1 - exponent) as usize;
    cut_zeros(&format!("{value:.decimals$}")).to_owned()
}

fn cut_zeros(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}
