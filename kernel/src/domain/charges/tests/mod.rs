mod complaints;
mod given;
mod legality;
mod properties;
mod replay;
mod terms;
