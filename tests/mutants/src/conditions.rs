//! Which mutants does an expression have that answers yes or no?

use quote::quote;
use syn::visit_mut::VisitMut;
use syn::{BinOp, Expr, ExprBinary, UnOp, parse_quote};

use crate::weave::Weaver;

impl Weaver {
    /// An expression that answers yes or no.
    pub(super) fn condition(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Paren(inner) => self.condition(&mut inner.expr),
            Expr::Binary(ExprBinary {
                op: BinOp::And(_), ..
            }) => self.every(expr),
            Expr::Binary(ExprBinary {
                op: BinOp::Or(_), ..
            }) => self.either(expr),
            Expr::Let(_) => self.every(expr),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => self.not(expr),
            Expr::Binary(ExprBinary { op, .. }) if others(op).is_some() => self.compared(expr),
            Expr::If(_) | Expr::Match(_) | Expr::Block(_) => self.visit_expr_mut(expr),
            Expr::Lit(_) => {}
            _ => {
                let n = self.mutant(expr, "negated");
                self.inside(expr);
                *expr = parse_quote!(crate::mutant::flip(#n, #expr));
            }
        }
    }

    /// `a && b`, perhaps with `let` among its parts.
    fn every(&mut self, expr: &mut Expr) {
        let lets = has_let(expr);
        let and = match expr {
            Expr::Binary(binary) if !lets => Some(self.mutant(&binary.op, "&& becomes ||")),
            _ => None,
        };
        let mut parts = Vec::new();
        if lets {
            flatten(expr.clone(), &mut parts);
        } else if let Expr::Binary(binary) = expr {
            parts = vec![(*binary.left).clone(), (*binary.right).clone()];
        }
        let alone = parts.len() == 1;
        let mut woven: Vec<Expr> = Vec::new();
        for mut part in parts {
            if let Expr::Let(binding) = &mut part {
                let n = self.mutant(binding, "`if let` never matches");
                self.visit_expr_mut(&mut binding.expr);
                woven.push(parse_quote!(!crate::mutant::on(#n)));
                woven.push(part);
            } else {
                let drop = (!alone).then(|| self.mutant(&part, "left out of &&"));
                self.condition(&mut part);
                woven.push(match drop {
                    Some(n) => parse_quote!((crate::mutant::on(#n) || #part)),
                    None => part,
                });
            }
        }
        *expr = match (and, woven.as_slice()) {
            (Some(n), [left, right]) => {
                parse_quote!((if crate::mutant::on(#n) { #left || #right } else { #left && #right }))
            }
            (_, woven) => {
                let text = woven.iter().map(|part| quote!(#part).to_string());
                let text = text.collect::<Vec<_>>().join(" && ");
                // Only the tokens count: a chain has no parentheses.
                Expr::Verbatim(text.parse().unwrap_or_default())
            }
        };
    }

    /// `a || b`.
    fn either(&mut self, expr: &mut Expr) {
        let Expr::Binary(binary) = expr else { return };
        let or = self.mutant(&binary.op, "|| becomes &&");
        let mut parts = [(*binary.left).clone(), (*binary.right).clone()];
        for part in &mut parts {
            let n = self.mutant(part, "left out of ||");
            self.condition(part);
            *part = parse_quote!((!crate::mutant::on(#n) && #part));
        }
        let [left, right] = parts;
        *expr =
            parse_quote!((if crate::mutant::on(#or) { #left && #right } else { #left || #right }));
    }

    fn not(&mut self, expr: &mut Expr) {
        let Expr::Unary(unary) = expr else { return };
        let n = self.mutant(unary, "! left out");
        match &mut *unary.expr {
            // Its negation is the same as leaving out the `!`.
            Expr::Binary(_) | Expr::Paren(_) => self.condition(&mut unary.expr),
            inner => self.inside(inner),
        }
        let inner = &unary.expr;
        *expr = parse_quote!(crate::mutant::flip(#n, !#inner));
    }

    fn compared(&mut self, expr: &mut Expr) {
        let Expr::Binary(binary) = expr else { return };
        let Some((name, others)) = others(&binary.op) else {
            return;
        };
        let numbered: Vec<(u32, &str)> = others
            .iter()
            .map(|other| {
                (
                    self.mutant(&binary.op, format!("{name} becomes {other}")),
                    *other,
                )
            })
            .collect();
        self.visit_expr_mut(&mut binary.left);
        self.visit_expr_mut(&mut binary.right);
        let (left, op, right) = (&binary.left, &binary.op, &binary.right);
        let mut text = quote!({ #left #op #right }).to_string();
        for (n, other) in numbered {
            let (left, right) = (quote!(#left), quote!(#right));
            text =
                format!("if crate::mutant::on({n}) {{ {left} {other} {right} }} else {{ {text} }}");
        }
        *expr = Expr::Verbatim(format!("({text})").parse().unwrap_or_default());
    }
}

/// The operators that a comparison can become.
pub(super) fn others(op: &BinOp) -> Option<(&'static str, &'static [&'static str])> {
    Some(match op {
        BinOp::Eq(_) => ("==", &["!="]),
        BinOp::Ne(_) => ("!=", &["=="]),
        BinOp::Lt(_) => ("<", &["<=", "==", ">"]),
        BinOp::Gt(_) => (">", &[">=", "==", "<"]),
        BinOp::Le(_) => ("<=", &["<", ">"]),
        BinOp::Ge(_) => (">=", &[">", "<"]),
        _ => return None,
    })
}

/// Whether a chain of `&&` has a `let` among its parts.
pub(super) fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
            has_let(&binary.left) || has_let(&binary.right)
        }
        _ => false,
    }
}

fn flatten(expr: Expr, parts: &mut Vec<Expr>) {
    match expr {
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
            flatten(*binary.left, parts);
            flatten(*binary.right, parts);
        }
        part => parts.push(part),
    }
}
