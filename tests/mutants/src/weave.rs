//! Which conditions does a source have, and how are all their mutants woven into one text?
//!
//! A mutant is a number. Woven code asks `crate::mutant::on(number)` at each place, so that everything is compiled
//! once and a mutant is chosen when the tests start.

use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, BinOp, Block, Expr, ExprBinary, Pat, Stmt, Token, UnOp, parse_quote};

/// One changed condition.
pub struct Mutant {
    pub number: u32,
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// What is changed: `== becomes !=`.
    pub change: String,
    /// The line of the source, without what surrounds it.
    pub text: String,
}

/// Weaves one file after the other, and numbers on.
#[derive(Default)]
pub struct Weaver {
    pub mutants: Vec<Mutant>,
    file: String,
    lines: Vec<String>,
}

/// Methods whose closure answers yes or no.
const ASKING: [&str; 13] = [
    "all",
    "any",
    "filter",
    "find",
    "is_none_or",
    "is_some_and",
    "is_ok_and",
    "position",
    "partition",
    "retain",
    "skip_while",
    "take_while",
    "take_if",
];

/// Methods that ask the same of all as of any, or of nothing as of something.
const SWAPS: [(&str, &str); 6] = [
    ("all", "any"),
    ("any", "all"),
    ("is_none_or", "is_some_and"),
    ("is_some_and", "is_none_or"),
    ("max", "min"),
    ("min", "max"),
];

impl Weaver {
    /// The woven text of a file, or why it could not be read.
    pub fn weave(&mut self, name: &str, text: &str) -> Result<String, String> {
        let mut file = syn::parse_file(text).map_err(|why| format!("{name}: {why}"))?;
        name.clone_into(&mut self.file);
        self.lines = text.lines().map(|line| line.trim().to_owned()).collect();
        self.visit_file_mut(&mut file);
        Ok(quote!(#file).to_string())
    }

    fn mutant(&mut self, at: &impl Spanned, change: impl Into<String>) -> u32 {
        let start = at.span().start();
        let number = u32::try_from(self.mutants.len()).unwrap_or(u32::MAX) + 1;
        self.mutants.push(Mutant {
            number,
            file: self.file.clone(),
            line: start.line,
            column: start.column + 1,
            change: change.into(),
            text: self.lines.get(start.line - 1).cloned().unwrap_or_default(),
        });
        number
    }

    /// An expression that answers yes or no.
    fn condition(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Paren(inner) => self.condition(&mut inner.expr),
            Expr::Binary(ExprBinary { op: BinOp::And(_), .. }) => self.every(expr),
            Expr::Binary(ExprBinary { op: BinOp::Or(_), .. }) => self.either(expr),
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

    /// The parts of an expression that is no condition itself.
    fn inside(&mut self, expr: &mut Expr) {
        if let Expr::Macro(call) = expr
            && call.mac.path.is_ident("matches")
            && let Ok(matches) = call.mac.parse_body::<Matches>()
        {
            *expr = self.matched(matches);
            return;
        }
        let swap = match expr {
            Expr::MethodCall(call) => SWAPS.iter().find(|(one, _)| call.method == one).map(|swap| (swap, call.method.clone())),
            _ => None,
        };
        let swap = swap.map(|((one, other), at)| (self.mutant(&at, format!("{one} becomes {other}")), *other));
        visit_mut::visit_expr_mut(self, expr);
        if let (Some((n, other)), Expr::MethodCall(call)) = (swap, &*expr) {
            let mut swapped = call.clone();
            swapped.method = syn::Ident::new(other, call.method.span());
            *expr = parse_quote!((if crate::mutant::on(#n) { #swapped } else { #call }));
        }
    }

    fn matched(&mut self, matches: Matches) -> Expr {
        let Matches { mut of, pat, guard } = matches;
        self.visit_expr_mut(&mut of);
        let pats = alternatives(&pat);
        let several = pats.len() > 1;
        let arms: Vec<Arm> = pats.into_iter().map(|pat| {
            let n = several.then(|| self.mutant(&pat, format!("without `{}`", quote!(#pat))));
            let mut arm: Arm = match &guard {
                Some(guard) => parse_quote!(#pat if #guard => true,),
                None => parse_quote!(#pat => true,),
            };
            self.guard(&mut arm);
            if let Some(n) = n { leave_out(&mut arm, n); }
            arm
        }).collect();
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
            Some(yes) => parse_quote!(!crate::mutant::on(#no) && (crate::mutant::on(#yes) || #guard)),
            None => parse_quote!(!crate::mutant::on(#no) && #guard),
        };
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
        *expr = parse_quote!((if crate::mutant::on(#or) { #left && #right } else { #left || #right }));
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
        let Some((name, others)) = others(&binary.op) else { return };
        let numbered: Vec<(u32, &str)> = others
            .iter()
            .map(|other| (self.mutant(&binary.op, format!("{name} becomes {other}")), *other))
            .collect();
        self.visit_expr_mut(&mut binary.left);
        self.visit_expr_mut(&mut binary.right);
        let (left, op, right) = (&binary.left, &binary.op, &binary.right);
        let mut text = quote!({ #left #op #right }).to_string();
        for (n, other) in numbered {
            let (left, right) = (quote!(#left), quote!(#right));
            text = format!("if crate::mutant::on({n}) {{ {left} {other} {right} }} else {{ {text} }}");
        }
        *expr = Expr::Verbatim(format!("({text})").parse().unwrap_or_default());
    }
}

impl VisitMut for Weaver {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Binary(ExprBinary { op, .. })
                if matches!(op, BinOp::And(_) | BinOp::Or(_)) || others(op).is_some() =>
            {
                self.condition(expr);
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => self.condition(expr),
            Expr::Macro(call) if call.mac.path.is_ident("matches") => self.condition(expr),
            _ => self.inside(expr),
        }
    }

    fn visit_expr_if_mut(&mut self, node: &mut syn::ExprIf) {
        self.condition(&mut node.cond);
        self.visit_block_mut(&mut node.then_branch);
        if let Some((_, other)) = &mut node.else_branch {
            self.visit_expr_mut(other);
        }
    }

    fn visit_expr_while_mut(&mut self, node: &mut syn::ExprWhile) {
        self.condition(&mut node.cond);
        self.visit_block_mut(&mut node.body);
    }

    fn visit_expr_method_call_mut(&mut self, node: &mut syn::ExprMethodCall) {
        let asking = ASKING.iter().any(|name| node.method == name);
        let then = node.method == "then_some"
            || node.method == "then" && matches!(node.args.first(), Some(Expr::Closure(_) | Expr::Path(_)));
        if then {
            self.condition(&mut node.receiver);
        } else {
            self.visit_expr_mut(&mut node.receiver);
        }
        for arg in &mut node.args {
            match arg {
                Expr::Closure(closure) if asking => match &mut *closure.body {
                    Expr::Block(block) => self.answering(&mut block.block),
                    body => self.condition(body),
                },
                arg => self.visit_expr_mut(arg),
            }
        }
    }

    fn visit_expr_match_mut(&mut self, node: &mut syn::ExprMatch) {
        self.visit_expr_mut(&mut node.expr);
        let wild = node.arms.iter().position(|arm| arm.guard.is_none() && is_wild(&arm.pat));
        let mut arms = Vec::new();
        for (place, mut arm) in std::mem::take(&mut node.arms).into_iter().enumerate() {
            // Without a later arm for everything, an arm is needed.
            let needed = wild.is_none_or(|wild| place >= wild);
            let pats = if needed { vec![arm.pat.clone()] } else { alternatives(&arm.pat) };
            let numbers: Vec<Option<u32>> = pats
                .iter()
                .map(|pat| (!needed).then(|| self.mutant(pat, format!("arm `{}` left out", quote!(#pat)))))
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

    fn visit_block_mut(&mut self, block: &mut Block) {
        let mut woven = Vec::new();
        for mut stmt in std::mem::take(&mut block.stmts) {
            // `let … else` that never matches: its way out is taken before.
            if let Stmt::Local(local) = &mut stmt
                && let Some(init) = &mut local.init
                && let Some((_, otherwise)) = &init.diverge
            {
                let out = otherwise.clone();
                let n = self.mutant(local, "`let else` never matches");
                woven.push(parse_quote!(if crate::mutant::on(#n) #out));
            }
            self.visit_stmt_mut(&mut stmt);
            woven.push(stmt);
        }
        block.stmts = woven;
    }

    fn visit_item_fn_mut(&mut self, node: &mut syn::ItemFn) {
        self.function(&mut node.sig, &mut node.block);
    }

    fn visit_impl_item_fn_mut(&mut self, node: &mut syn::ImplItemFn) {
        self.function(&mut node.sig, &mut node.block);
    }

    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}
    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}

    fn visit_item_mod_mut(&mut self, node: &mut syn::ItemMod) {
        let tests = node.attrs.iter().any(|attr| quote!(#attr).to_string().contains("test"));
        if !tests {
            visit_mut::visit_item_mod_mut(self, node);
        }
    }
}

impl Weaver {
    fn function(&mut self, sig: &mut syn::Signature, block: &mut Block) {
        let before = self.mutants.len();
        let answers = matches!(&sig.output, syn::ReturnType::Type(_, of) if quote!(#of).to_string() == "bool");
        if answers {
            self.answering(block);
        } else {
            self.visit_block_mut(block);
        }
        if self.mutants.len() > before {
            // Asking for a mutant's number is not constant; only functions without conditions make constants here.
            sig.constness = None;
        }
    }

    /// A block whose last expression answers yes or no.
    fn answering(&mut self, block: &mut Block) {
        let last = match block.stmts.last() {
            Some(Stmt::Expr(_, None)) => block.stmts.pop(),
            _ => None,
        };
        self.visit_block_mut(block);
        if let Some(Stmt::Expr(mut expr, none)) = last {
            self.condition(&mut expr);
            block.stmts.push(Stmt::Expr(expr, none));
        }
    }
}

/// The operators that a comparison can become.
fn others(op: &BinOp) -> Option<(&'static str, &'static [&'static str])> {
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

fn is_wild(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) => true,
        Pat::Ident(ident) => ident.ident.to_string().starts_with(char::is_lowercase) && ident.subpat.is_none(),
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
            each.into_iter().map(|elems| Pat::TupleStruct(syn::PatTupleStruct { elems, ..outer.clone() })).collect()
        }
        Pat::Tuple(outer) => {
            let each = every(outer.elems.iter());
            each.into_iter().map(|elems| Pat::Tuple(syn::PatTuple { elems, ..outer.clone() })).collect()
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

/// Whether a chain of `&&` has a `let` among its parts.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => has_let(&binary.left) || has_let(&binary.right),
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

/// What stands between the brackets of `matches!`.
struct Matches {
    of: Expr,
    pat: Pat,
    guard: Option<Expr>,
}

impl Parse for Matches {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let of = input.parse()?;
        input.parse::<Token![,]>()?;
        let pat = Pat::parse_multi_with_leading_vert(input)?;
        let guard = input.peek(Token![if]).then(|| { input.parse::<Token![if]>()?; input.parse() }).transpose()?;
        let _: Option<Token![,]> = input.parse()?;
        Ok(Self { of, pat, guard })
    }
}
