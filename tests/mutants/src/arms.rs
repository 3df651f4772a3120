//! Which mutants do the arms of a `match` and the alternatives of a `matches!` have?

use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Arm, Expr, Pat, Token, parse_quote};

use crate::conditions::has_let;
use crate::weave::Weaver;

impl Weaver {
    pub(super) fn matched(&mut self, matches: Matches) -> Expr {
        let Matches { mut of, pat, guard } = matches;
        self.visit_expr_mut(&mut of);
        let pats = alternatives(&pat);
        let several = pats.len() > 1;
        let arms: Vec<Arm> = pats
            .into_iter()
            .map(|pat| {
                let n = several.then(|| self.mutant(&pat, format!("without `{}`", quote!(#pat))));
                let mut arm: Arm = match &guard {
                    Some(guard) => parse_quote!(#pat if #guard => true,),
                    None => parse_quote!(#pat => true,),
                };
                self.guard(&mut arm);
                if let Some(n) = n {
                    leave_out(&mut arm, n);
                }
                arm
            })
            .collect();
        parse_quote!(match #of { #(#arms)* _ => false })
    }

    fn guard(&mut self, arm: &mut Arm) {
        let Some((_, guard)) = &mut arm.guard else {
            return;
        };
        let no = self.mutant(&**guard, "guard becomes false");
        // "Always" would leave the bindings of a `let` without a value.
        let yes = (!has_let(guard)).then(|| self.mutant(&**guard, "guard becomes true"));
        self.condition(guard);
        **guard = match yes {
            Some(yes) => {
                parse_quote!(!crate::mutant::on(#no) && (crate::mutant::on(#yes) || #guard))
            }
            None => parse_quote!(!crate::mutant::on(#no) && #guard),
        };
    }

    /// Every arm that another one after it could stand in for is left out once.
    pub(super) fn arms(&mut self, node: &mut syn::ExprMatch) {
        self.visit_expr_mut(&mut node.expr);
        let wild = node
            .arms
            .iter()
            .position(|arm| arm.guard.is_none() && is_wild(&arm.pat));
        let mut arms = Vec::new();
        for (place, mut arm) in std::mem::take(&mut node.arms).into_iter().enumerate() {
            // Without a later arm for everything, an arm is needed.
            let needed = wild.is_none_or(|wild| place >= wild);
            let pats = if needed {
                vec![arm.pat.clone()]
            } else {
                alternatives(&arm.pat)
            };
            let numbers: Vec<Option<u32>> = pats
                .iter()
                .map(|pat| {
                    (!needed).then(|| self.mutant(pat, format!("arm `{}` left out", quote!(#pat))))
                })
                .collect();
            self.guard(&mut arm);
            self.visit_expr_mut(&mut arm.body);
            for (pat, n) in pats.into_iter().zip(numbers) {
                let mut one = Arm { pat, ..arm.clone() };
                if let Some(n) = n {
                    leave_out(&mut one, n);
                }
                // The last arm may stand without a comma, where it no longer stands last.
                one.comma = Some(<Token![,]>::default());
                arms.push(one);
            }
        }
        node.arms = arms;
    }
}

fn is_wild(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) => true,
        Pat::Ident(ident) => {
            ident.ident.to_string().starts_with(char::is_lowercase) && ident.subpat.is_none()
        }
        _ => false,
    }
}

/// The patterns that a pattern has between its bars, however deep.
fn alternatives(pat: &Pat) -> Vec<Pat> {
    match pat {
        Pat::Or(or) => or.cases.iter().flat_map(alternatives).collect(),
        Pat::Paren(inner) => alternatives(&inner.pat),
        Pat::TupleStruct(outer) => {
            let each = every(outer.elems.iter());
            each.into_iter()
                .map(|elems| {
                    Pat::TupleStruct(syn::PatTupleStruct {
                        elems,
                        ..outer.clone()
                    })
                })
                .collect()
        }
        Pat::Tuple(outer) => {
            let each = every(outer.elems.iter());
            each.into_iter()
                .map(|elems| {
                    Pat::Tuple(syn::PatTuple {
                        elems,
                        ..outer.clone()
                    })
                })
                .collect()
        }
        one => vec![one.clone()],
    }
}

/// Every choice of one alternative for each part.
fn every<'a>(parts: impl Iterator<Item = &'a Pat>) -> Vec<Punctuated<Pat, Token![,]>> {
    parts.fold(vec![Punctuated::new()], |so_far, part| {
        let choices = alternatives(part);
        let longer = so_far.iter().flat_map(|before| {
            choices.iter().map(|choice| {
                let mut longer = before.clone();
                longer.push(choice.clone());
                longer
            })
        });
        longer.collect()
    })
}

fn leave_out(arm: &mut Arm, n: u32) {
    let guard: Expr = match &arm.guard {
        Some((_, guard)) => parse_quote!(!crate::mutant::on(#n) && #guard),
        None => parse_quote!(!crate::mutant::on(#n)),
    };
    arm.guard = Some((<Token![if]>::default(), Box::new(guard)));
}

/// What stands between the brackets of `matches!`.
pub(super) struct Matches {
    of: Expr,
    pat: Pat,
    guard: Option<Expr>,
}

impl Parse for Matches {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let of = input.parse()?;
        input.parse::<Token![,]>()?;
        let pat = Pat::parse_multi_with_leading_vert(input)?;
        let guard = input
            .peek(Token![if])
            .then(|| {
                input.parse::<Token![if]>()?;
                input.parse()
            })
            .transpose()?;
        let _: Option<Token![,]> = input.parse()?;
        Ok(Self { of, pat, guard })
    }
}
